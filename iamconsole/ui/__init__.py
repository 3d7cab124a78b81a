"""What every page is made with: answers, forms, tables, wizards, flash messages, template tags.

It knows how an AWS error looks, and no AWS rule. docs/components.md shows every part.
"""

from __future__ import annotations
