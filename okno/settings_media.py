"""Where files are kept, as the settings say."""

import re
from typing import TYPE_CHECKING

from media.bucket import S3Address
from okno.errors import WrongSetting

if TYPE_CHECKING:
    from okno.settings import Settings

# Names of buckets: Amazon S3, «Bucket naming rules», which the others follow.
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")
_ENDPOINT = re.compile(r"https?://[^/?#\s@]+")


def bucket(settings: "Settings") -> S3Address | None:
    """None where files are kept in a folder. Raises WrongSetting."""
    of_s3 = {
        "OKNO_S3_ENDPOINT": settings.s3_endpoint,
        "OKNO_S3_ACCESS_KEY": settings.s3_access_key,
        "OKNO_S3_SECRET_KEY": settings.s3_secret_key,
    }
    if settings.media_url is None:
        for name, value in of_s3.items():
            if value is not None:
                raise WrongSetting(f"{name}: set without OKNO_MEDIA_URL, s3://bucket")
        return None
    found = _URL.fullmatch(settings.media_url)
    if found is None:
        raise WrongSetting("OKNO_MEDIA_URL: write s3://bucket or s3://bucket/folder")
    for name, value in of_s3.items():
        if value is None:
            raise WrongSetting(f"{name}: required with OKNO_MEDIA_URL (the store gives it)")
    if settings.s3_endpoint is None or not _ENDPOINT.fullmatch(settings.s3_endpoint):
        raise WrongSetting(
            "OKNO_S3_ENDPOINT: write the store's address without the bucket, for example "
            "https://storage.example.ru"
        )
    secret = settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else ""
    return S3Address(
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        bucket=found[1],
        prefix=found[2] or "",
        access_key=settings.s3_access_key or "",
        secret_key=secret,
    )
