"""The rule language: a closed subset of Python's expression syntax, typed and unit-checked, never evaluated as Python."""
