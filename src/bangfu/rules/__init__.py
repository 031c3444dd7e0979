"""The rules: policy packs, the language, the runners and the assessment. No Django, no database, no clock."""
