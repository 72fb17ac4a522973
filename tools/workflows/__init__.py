"""What is known of workflows before anything is deployed: each cloud's definition, what a run costs, and a picture."""
