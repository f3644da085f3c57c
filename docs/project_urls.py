"""Metadata hook of hatchling: the addresses of the project are those of the repository that releases it.

``ADAPTGEN_REPOSITORY`` names it (``https://HOST/OWNER/NAME``); the release workflow sets it. Without it the package has
no addresses.
"""

from __future__ import annotations

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ProjectUrls(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        repository = os.environ.get("ADAPTGEN_REPOSITORY", "").rstrip("/")
        metadata["urls"] = (
            {}
            if not repository
            else {
                "Repository": repository,
                "Documentation": f"{repository}/tree/HEAD/docs",
                "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
                "Issues": f"{repository}/issues",
                "Security": f"{repository}/security/policy",
            }
        )
