"""The genuine clients of AWS against a running server: boto3, the `aws` command, the AWS SDK for JavaScript.

Each life (`test_lives_*.py`) is told once and lived by all three; what only one of them has (waiters, `--query`,
a strict parser) stands in a module of its own.
"""
