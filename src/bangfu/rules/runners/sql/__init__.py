"""The SQL runner: the same plan printed as SQL, one statement for each stage, exact in int64 and three-valued."""
