"""Files kept: their bytes in a folder or a bucket under the name of their content, a row for each,
and the signed links by which a browser or a messenger fetches them.

Leans on ``storage``.
"""
