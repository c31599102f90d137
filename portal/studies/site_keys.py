"""The secret key of each site's pseudonyms: made once, given to those who upload for the site."""

from __future__ import annotations

import secrets

from django.db import transaction

from portal.accounts.models import User
from portal.audit.services import record
from portal.studies.deidentification.pseudonyms import KEY_BYTES
from portal.studies.models import SiteKey
from portal.trials.models import Site


@transaction.atomic
def give_key(site: Site, *, to: User) -> bytes:
    """Return the site's key, made at the first call; whoever gets it stands in the audit trail."""
    made = {"key_hex": secrets.token_hex(KEY_BYTES)}
    key, is_new = SiteKey.objects.get_or_create(site=site, defaults=made)
    action = "pseudonym-key-made" if is_new else "pseudonym-key-given"
    record(action, key, actor=to, new={"site": site.code}, trial_id=site.trial_id)
    return bytes.fromhex(key.key_hex)
