"""What operators use: health, metrics and webhooks over HTTP, and the doctor."""
