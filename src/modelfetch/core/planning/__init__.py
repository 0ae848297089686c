"""From a name to exact bytes: what a repo holds at one commit, and what of it is to come."""
