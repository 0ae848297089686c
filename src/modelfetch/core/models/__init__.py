"""Which models there are: names, catalogs, and whether one fits a machine."""
