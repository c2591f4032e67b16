"""Files from the Hugging Face Hub, into the Hub's own cache.

huggingface_hub is imported only when something has to be fetched, and works from 1.16 on: nothing here
uses what only 2.x has. It reads its environment when it is imported, which gradio does early, so address
and cache folder are read here at each call and handed over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import OfflineError, WeightsError
from ..catalog import Row, WeightSource
from . import caches, failures
from .timeouts import TimeBudget, connection_lost, forbid_offline, silence, unanswered
from .transfer import OnProgress, TransferReporter

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

# In this order: a gated repository is also one that is not found.
ANSWERS = (
    (
        "GatedRepoError",
        "{file} lies behind terms of use: accept them at {page} and set HF_TOKEN to an access token of your "
        "account.",
    ),
    (
        "RepositoryNotFoundError",
        "{page} is gone or private, so {file} cannot be had there: set HF_TOKEN if it is open to you, or put "
        "{file} into the folder that STYLIZE_WEIGHTS_DIR names.",
    ),
    (
        "DisabledRepoError",
        "{page} has been closed by the Hub, so {file} cannot be had there: put {file} into the folder that "
        "STYLIZE_WEIGHTS_DIR names.",
    ),
    (
        "RevisionNotFoundError",
        "{page} has no version {revision} any more, so {file} cannot be had there: update Stylize, or put "
        "{file} into the folder that STYLIZE_WEIGHTS_DIR names.",
    ),
    (
        "RemoteEntryNotFoundError",
        "{page} no longer holds {filename}, so {file} cannot be had there: update Stylize, or put {file} "
        "into the folder that STYLIZE_WEIGHTS_DIR names.",
    ),
)


def endpoint() -> str:
    """The Hub's address: ``HF_ENDPOINT``, else the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


class HubFile:
    """A file on the Hub: :meth:`check_head` first, then :meth:`download`."""

    def __init__(self, row: Row, source: WeightSource) -> None:
        self.row, self.source = row, source
        kind = "" if source.repo_type == "model" else source.repo_type + "s/"
        self.page = f"{endpoint()}/{kind}{source.repo_id}"

    def check_head(self, budget: TimeBudget) -> str:
        """Sends one HEAD request for the file, where a download would retry for half a minute.

        Returns:
            The sha256 that the Hub states, or "".

        Raises:
            OfflineError: if no server answers.
            WeightsError: if the file cannot be had, is not the one we want, or does not fit the disk.
        """
        forbid_offline()
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        url = hf_hub_url(
            self.source.repo_id,
            self.source.filename,
            endpoint=endpoint(),
            repo_type=self.source.repo_type,
            revision=self.source.revision,
        )
        try:
            head = budget.ask(
                url, lambda seconds: get_hf_file_metadata(url, timeout=seconds, endpoint=endpoint())
            )
        except WeightsError:
            raise
        except Exception as error:
            raise self._explain(error) from error
        self._check(head)
        failures.check_space(self.row, head.size or self.row.size, caches.hub_folder(), "HF_HOME")
        return caches.sha256_or_nothing(head.etag)

    def _check(self, head: HfFileMetadata) -> None:
        if not head.commit_hash or not head.etag:
            raise failures.captive_portal(endpoint())
        stated = caches.sha256_or_nothing(head.etag)
        if self.row.sha256_certain and stated and stated != self.row.sha256:
            raise WeightsError(
                "{page} now holds another {filename} (sha256 {found}) than the one Stylize knows "
                "({expected}): update Stylize, or put {file} into the folder that STYLIZE_WEIGHTS_DIR names.",
                page=self.page,
                filename=self.source.filename,
                file=self.row.file,
                found=stated,
                expected=self.row.sha256,
            )

    def download(self, on_progress: OnProgress, *, force: bool = False) -> Path:
        """The file in the Hub's cache: complete, but not yet checked.

        Raises:
            WeightsError: whatever goes wrong on the way.
            Exception: what ``on_progress`` raises, which stops the download.
        """
        report = TransferReporter(self.row, on_progress)
        try:
            try:
                return self._download(report, force)
            except Exception as error:
                if not connection_lost(error):
                    raise
                return self._download(report, force)
        except Exception as error:
            if error is report.raised:
                raise
            raise self._explain(error, halfway=True) from error

    def _download(self, report: TransferReporter, force: bool) -> Path:
        from huggingface_hub import hf_hub_download

        bar: Any = report.bar()
        path = hf_hub_download(
            self.source.repo_id,
            self.source.filename,
            repo_type=self.source.repo_type,
            revision=self.source.revision,
            cache_dir=caches.hub_folder(),
            endpoint=endpoint(),
            force_download=force,
            tqdm_class=bar,
        )
        return Path(path)

    def _explain(self, error: BaseException, halfway: bool = False) -> WeightsError:
        from huggingface_hub import errors as hub

        host = urlsplit(endpoint()).netloc
        for name, template in ANSWERS:
            if isinstance(error, getattr(hub, name)):
                return WeightsError(
                    template,
                    file=self.row.file,
                    page=self.page,
                    revision=self.source.revision,
                    filename=self.source.filename,
                )
        if isinstance(error, hub.FileMetadataError):
            return failures.captive_portal(endpoint())
        if isinstance(error, hub.HfHubHTTPError):
            return failures.refused(self.row, host, error.response.status_code)
        if isinstance(error, hub.OfflineModeIsEnabled):
            return OfflineError("{name} forbids the network", name="HF_HUB_OFFLINE")
        if isinstance(error, (hub.LocalEntryNotFoundError, ValueError)) and error.__cause__ is not None:
            return self._explain(error.__cause__, halfway)
        if not halfway and unanswered(error):
            return silence(host)
        return failures.unwritable(error, self.row, caches.hub_folder(), "HF_HOME") or failures.broken(
            self.row, self.page, error
        )
