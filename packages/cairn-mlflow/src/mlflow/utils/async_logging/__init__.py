"""What a log call that does not wait returns."""
