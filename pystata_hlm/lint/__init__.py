"""Reading do-files without running them: what parses, and what of it is implemented."""
