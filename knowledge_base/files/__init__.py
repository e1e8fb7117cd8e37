"""Pictures and documents of articles: kept in ``media``, named in the text as ``files/<name>``."""
