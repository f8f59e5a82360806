"""What the graph commands do; imported when one is first run, so that starting up stays fast."""
