"""A test's database is as new: what the test before it left is taken out, not the database.

Creating a database takes PostgreSQL fifty milliseconds, and each new connection to it must read
the catalogue anew; putting the rows back as they were takes two.
"""

import sqlite3
from pathlib import Path

import asyncpg

_REMEMBER = """
CREATE SCHEMA pristine;
CREATE SCHEMA pristine_sequence;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', name);
    END LOOP;
END $$;
CREATE TABLE pristine_sequence.value AS
    SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'public';
"""

_RESET = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE name text; filled boolean; sequence record;
BEGIN
    SET LOCAL session_replication_role = replica; -- tables in any order, whatever refers to them
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
        EXECUTE format('SELECT EXISTS (SELECT FROM pristine.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('INSERT INTO public.%1$I SELECT * FROM pristine.%1$I', name);
        END IF;
    END LOOP;
    FOR sequence IN SELECT * FROM pristine_sequence.value LOOP
        PERFORM setval(format('public.%I', sequence.name)::regclass,
                       coalesce(sequence.last_value, 1), sequence.last_value IS NOT NULL);
    END LOOP;
END $$;
"""


async def remember(url: str) -> None:
    """Keep the rows of the PostgreSQL database as ``reset`` is to put them back."""
    connection = await asyncpg.connect(url)
    await connection.execute(_REMEMBER)
    await connection.close()


async def reset(url: str) -> None:
    """The PostgreSQL database as it was remembered; nobody else is connected to it."""
    connection = await asyncpg.connect(url)
    await connection.execute(_RESET)
    await connection.close()


def fold_journal(path: Path) -> None:
    """One file, ready to be copied."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
