"""What the cache holds: records of what was asked for, whether that is complete, who still wants what."""
