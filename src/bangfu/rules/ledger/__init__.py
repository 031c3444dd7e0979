"""The Excel ledger: made from the vocabulary, read with every fault by cell, results written back beside the facts."""
