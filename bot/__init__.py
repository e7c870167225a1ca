"""shopbell: store tickets as threads in Discord and Slack."""
