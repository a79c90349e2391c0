"""The tables of the state file, as migrations from an empty file to the version of today.

A migration is never edited once released: a change of the schema is one more entry in `MIGRATIONS`, and the
file's ``user_version`` counts how many it has seen.
"""

from enum import IntEnum
from typing import Final

APPLICATION_ID: Final = 0x70776C74
"""``pwlt``: marks a SQLite file as ours, so that another program's file is never migrated."""

_FIRST: Final = """
-- The service and key that paid work belongs to.
CREATE TABLE bindings (
    id INTEGER PRIMARY KEY,
    base_url TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    UNIQUE (base_url, fingerprint)
);

-- AUTOINCREMENT: an id that a person wrote down never comes to mean another job.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    binding INTEGER NOT NULL REFERENCES bindings,
    profile TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    origin BLOB NOT NULL,               -- how the original is read again; opaque here
    created REAL NOT NULL,
    ready INTEGER NOT NULL DEFAULT 0,   -- 0 while its rows are being stored: seen by nobody
    rows INTEGER NOT NULL,
    blank INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    numbers INTEGER NOT NULL,
    reused INTEGER NOT NULL,
    reused_on_whatsapp INTEGER NOT NULL DEFAULT 0,
    reused_business INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    hold TEXT,                          -- the Problem that keeps it from sending
    hold_until REAL
);

-- The person's original, compressed, in pieces.
CREATE TABLE sources (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    piece INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job, piece)
);

-- What became of each row of the list: a number of the job, or a reason.
CREATE TABLE rows (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    number INTEGER,
    reason TEXT,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;

-- The unique numbers of a job (E.164 as an integer) with their results.
CREATE TABLE numbers (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    number INTEGER NOT NULL,
    batch INTEGER,
    outcome TEXT NOT NULL,
    on_whatsapp INTEGER,
    business INTEGER,
    carrier TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    answered REAL,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;
-- Of those with an answer only: a new job of a million numbers is stored without touching it.
CREATE INDEX answers_by_number ON numbers (number) WHERE answered IS NOT NULL;

CREATE TABLE batches (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    first INTEGER NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    batch_id TEXT,
    submitted REAL,
    completed REAL,
    last_poll REAL,
    next_poll REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    charged INTEGER NOT NULL DEFAULT 0,
    balance_before INTEGER,
    replaces INTEGER,
    on_whatsapp INTEGER NOT NULL DEFAULT 0,
    business INTEGER NOT NULL DEFAULT 0,
    not_on_whatsapp INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL,
    error TEXT,
    lease_owner TEXT,
    lease_until REAL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
-- Not unique: an id that the service gave twice is kept twice rather than lost.
CREATE INDEX batches_by_id ON batches (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX batches_by_state ON batches (state, next_poll);

-- Credits as the service told them; those read as evidence name the unknown batch.
CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    binding INTEGER NOT NULL REFERENCES bindings,
    service TEXT NOT NULL,
    at REAL NOT NULL,
    balance INTEGER NOT NULL,
    job INTEGER,
    seq INTEGER
);
CREATE INDEX readings_by_time ON readings (binding, service, at);

-- Every charge that we know of; single checks name no job.
CREATE TABLE charges (
    id INTEGER PRIMARY KEY,
    binding INTEGER NOT NULL REFERENCES bindings,
    at REAL NOT NULL,
    amount INTEGER NOT NULL,
    balance_before INTEGER,
    job INTEGER,
    seq INTEGER
);

-- What happened and what the person decided, in order; never a number or a key.
CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    job INTEGER,
    seq INTEGER,
    event TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
);
"""

_SECOND: Final = """
-- The job whose failed numbers this one asks for again.
ALTER TABLE jobs ADD COLUMN retry_of INTEGER REFERENCES jobs ON DELETE SET NULL;

-- When a charge may have been taken at the earliest; NULL: at a time that is not known here.
ALTER TABLE charges ADD COLUMN started REAL;
UPDATE charges SET started = coalesce(
    (SELECT submitted FROM batches b WHERE b.job=charges.job AND b.seq=charges.seq), at);

-- When a balance was read for the first time; `at` is the last time.
ALTER TABLE readings ADD COLUMN first REAL NOT NULL DEFAULT 0;
UPDATE readings SET first = at;

-- Batches of jobs that the person had removed: their ids are in the journal, and are not missing here.
CREATE TABLE forgotten (
    batch_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    job INTEGER NOT NULL,
    seq INTEGER NOT NULL
) WITHOUT ROWID;
"""

_PLACE: Final = """
-- Where the state directory belongs: a moved or copied one spends nothing until the person has decided.
CREATE TABLE places (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    host TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL
);
"""

_LOOKUPS: Final = """
-- Single checks: each is stored before it is paid for. One without an answer may have been charged.
CREATE TABLE lookups (
    id INTEGER PRIMARY KEY,
    binding INTEGER NOT NULL REFERENCES bindings,
    number INTEGER,                     -- E.164 as an integer; NULL once it was purged
    started REAL NOT NULL,
    answered REAL,
    outcome TEXT,
    on_whatsapp INTEGER,
    business INTEGER,
    carrier TEXT,
    country TEXT,
    note TEXT,
    line_type TEXT,
    error TEXT                          -- the Problem that there is in place of an answer
);
CREATE INDEX lookups_by_number ON lookups (number);
"""

_TROUBLE: Final = """
-- Why the last poll taught nothing, or why a batch ended without all answers; NULL: there is no trouble.
ALTER TABLE batches ADD COLUMN trouble TEXT;
-- The beginning of an answer that could not be understood, for the provider's support.
ALTER TABLE batches ADD COLUMN received TEXT;
"""

_REPLIES_IN_DOUBT: Final = """
-- What came in answer to the paid call of a batch in doubt, without the key.
CREATE TABLE replies (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;

-- What came for a single check that may have been charged, without the key.
ALTER TABLE lookups ADD COLUMN reply TEXT;

-- What may be the ID of a batch in doubt, and why it was not taken when it was last looked up.
CREATE TABLE candidates (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    place INTEGER NOT NULL,
    batch_id TEXT NOT NULL,
    refusal TEXT NOT NULL DEFAULT '',
    final INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, seq, batch_id)
) WITHOUT ROWID;
"""

_UNDER_WAY: Final = """
-- Numbers of a job that a batch of another job pays for: a range of them, while one has no answer.
CREATE TABLE follows (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    first INTEGER NOT NULL,
    size INTEGER NOT NULL,
    payer INTEGER NOT NULL,             -- the other job
    seq INTEGER NOT NULL,               -- its batch
    pending INTEGER NOT NULL,           -- how many of the range have no answer
    PRIMARY KEY (job, first)
) WITHOUT ROWID;
CREATE INDEX follows_by_batch ON follows (payer, seq);

-- When the last answer came from a batch of another job.
ALTER TABLE jobs ADD COLUMN followed REAL;
-- How many numbers failed there.
ALTER TABLE jobs ADD COLUMN failed_elsewhere INTEGER NOT NULL DEFAULT 0;
"""

_SEVERAL_NUMBERS_IN_A_ROW: Final = """
-- The numbers of a row beyond the one in `rows`, where a list has several in a row.
CREATE TABLE further_numbers (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    row INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (job, row, number)
) WITHOUT ROWID;
"""

_TOLD: Final = """
-- What the person's command was told, so that each event is told once, whichever process sees it.
CREATE TABLE told (
    binding INTEGER NOT NULL REFERENCES bindings,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,              -- a batch or a job; empty: the key
    at REAL NOT NULL,                   -- when it was told; of a job that finished, when that was
    lasting INTEGER NOT NULL,           -- whether it still is so
    PRIMARY KEY (binding, event, subject)
) WITHOUT ROWID;
"""

_WISHES_AND_RECHECKS: Final = """
-- The export that a job is to have once it is finished.
CREATE TABLE wishes (
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    path TEXT NOT NULL,
    target BLOB NOT NULL,               -- what to write there, and how; opaque here
    begun BLOB,                         -- the files that are being written; opaque here
    next_try REAL NOT NULL DEFAULT 0,   -- not before, because the last try failed
    problem TEXT,                       -- why it failed; NULL: it was not tried, or did not fail
    written REAL,                       -- when; NULL while it is still to be written
    files TEXT NOT NULL DEFAULT '[]'    -- what was written: names with their rows
);

-- The job whose answers this one asks for again; it may have been forgotten since.
ALTER TABLE jobs ADD COLUMN recheck_of INTEGER;

-- What was known of the numbers of a recheck before, where anything was.
CREATE TABLE earlier (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    on_whatsapp INTEGER NOT NULL,
    business INTEGER,                   -- NULL: unknown
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;
"""

_SITES: Final = """
-- The state directory whose machine has the file, where several share a database; empty: there is only one.
ALTER TABLE wishes ADD COLUMN site TEXT NOT NULL DEFAULT '';
"""

_BUDGETS: Final = """
-- The requests that all who share a database may make, by key; empty where each process keeps its own budget.
CREATE TABLE budgets (
    binding INTEGER PRIMARY KEY REFERENCES bindings,
    tokens REAL NOT NULL,
    at REAL NOT NULL                    -- when they were counted
);
"""

_WHO: Final = """
-- Who did it, as user@host of the process: several people may share a database. Empty: nobody knows any more.
ALTER TABLE jobs ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE charges ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE activity ADD COLUMN who TEXT NOT NULL DEFAULT '';
"""


class Stage(IntEnum):
    """Whether a state is in force, or its jobs are on their way from or to another place.

    It is stored in the count of migrations, so that no version of the program, however old, works with a
    state that is not in force: see `with_stage`.
    """

    IN_FORCE = 0
    FILLING = 1
    """It is being filled from the place that `places` has, where its jobs still are."""
    MOVED = 2
    """Its jobs are in the place that `places` has."""


_STEP: Final = 1_000_000
"""More migrations than there will ever be."""


def with_stage(stage: Stage, seen: int) -> int:
    """Return the count of migrations that is stored for a stage."""
    return stage * _STEP + seen


def without_stage(stored: int) -> tuple[Stage, int]:
    """Return the stage and the count of migrations that a stored count stands for."""
    stage, seen = divmod(stored, _STEP)
    return Stage(min(stage, max(Stage))), seen


MIGRATIONS: Final[tuple[str, ...]] = (
    _FIRST,
    _SECOND,
    _PLACE,
    _LOOKUPS,
    _TROUBLE,
    _REPLIES_IN_DOUBT,
    _UNDER_WAY,
    _SEVERAL_NUMBERS_IN_A_ROW,
    _TOLD,
    _WISHES_AND_RECHECKS,
    _SITES,
    _BUDGETS,
    _WHO,
)
