# Made by tools/stubs.py: do not edit.
"""The tables, how values get into them and back, and how an older store is upgraded, for both databases

Docs: https://cj-mills.github.io/cjm-jobtrack/store/schema.html.md"""

import sqlalchemy as sa

__all__ = [
    'SCHEMA_VERSION', 'job_table', 'event_table', 'lease_table', 'node_table', 'meta_table',
    'token_table', 'audit_table', 'webhook_table']

SCHEMA_VERSION: int

job_table: sa.Table

event_table: sa.Table

lease_table: sa.Table

node_table: sa.Table

meta_table: sa.Table

token_table: sa.Table

audit_table: sa.Table

webhook_table: sa.Table
