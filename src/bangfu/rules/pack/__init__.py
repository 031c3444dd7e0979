"""Policy packs: what a folder of files says, read strictly and checked as a whole."""
