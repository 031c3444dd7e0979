"""The made-up district that a demonstration lives in: areas, staff with printed secrets, households. Never in production."""
