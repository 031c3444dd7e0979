"""The server: a register of households, a desk for staff, a portal for residents. Domain apps below, screens above."""
