"""The operations of Amazon S3, by what they are about.

Which action each is decided as: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
S3", and the permissions section of each operation in the S3 API Reference.
"""
