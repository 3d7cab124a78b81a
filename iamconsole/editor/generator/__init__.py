"""The AWS Policy Generator: a form that writes the JSON of a policy, for whoever opens its page."""
