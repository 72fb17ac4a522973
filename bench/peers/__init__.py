"""What Trefoil is measured against: hello, and a read that takes a token, by hand for each runtime and with frameworks.

Each `PROVIDER_WAY_WORKLOAD.py` is deployed alone, but for what it imports of those beside it: `verifying.py` judges a
token, `PROVIDER_reading.py` reads a user's grants, `aws_logging.py` writes a line about a request.
"""
