"""Where a bucket is: apart from ``media/s3.py``, whose library only who has a bucket loads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class S3Address:
    """``endpoint``: «https://storage.example.ru»; ``prefix``: of every name, "" for none."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
