"""What can be asked of Cairn: messages and operations, declared once.

Only msgspec is needed here. Routes, remote client, OpenAPI document, TypeScript types and the
permission check are derived from these declarations (see `cairn.wire`).
"""
