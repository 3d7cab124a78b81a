"""The policy editor: one component for the policies of every service (docs/components.md, "The policy editor").

It knows pages and the policy language, and no service: what it needs of one (the managed policies that can be imported)
the page gives it.
"""
