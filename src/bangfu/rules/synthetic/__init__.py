"""A made-up district to test and show with: households, people, claims, record and feeds, drawn by a keyed hash."""
