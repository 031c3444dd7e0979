"""A whole ledger of households answered at once: staged, checked, run by partition, summed up, with a manifest last."""
