"""The far side's own tables for PayPal."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS paypal_token (token TEXT PRIMARY KEY, made_at REAL NOT NULL, refused INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS paypal_request (
    request_id TEXT PRIMARY KEY, path TEXT NOT NULL, body BLOB NOT NULL, made_at REAL NOT NULL,
    status INTEGER NOT NULL, refusal TEXT, order_id TEXT, refund_id TEXT);
CREATE TABLE IF NOT EXISTS paypal_order (
    id TEXT PRIMARY KEY, reference_id TEXT NOT NULL, custom_id TEXT NOT NULL, invoice_id TEXT NOT NULL,
    description TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL,
    return_url TEXT NOT NULL, cancel_url TEXT NOT NULL, notify_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PAYER_ACTION_REQUIRED', 'APPROVED', 'COMPLETED', 'VOIDED')),
    created_at REAL NOT NULL, changed_at REAL NOT NULL, approved_at REAL, payer_id TEXT,
    will_decline INTEGER NOT NULL DEFAULT 0,
    plan TEXT, travel TEXT);
CREATE TABLE IF NOT EXISTS paypal_capture (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE REFERENCES paypal_order,
    state TEXT NOT NULL CHECK (state IN ('COMPLETED', 'PENDING', 'DECLINED')), reason TEXT,
    created_at REAL NOT NULL, changed_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS paypal_refund (
    id TEXT PRIMARY KEY, capture_id TEXT NOT NULL REFERENCES paypal_capture, custom_id TEXT NOT NULL, invoice_id TEXT NOT NULL,
    note TEXT, amount INTEGER NOT NULL CHECK (amount > 0), kind TEXT NOT NULL CHECK (kind IN ('refund', 'reversal')),
    state TEXT NOT NULL CHECK (state IN ('COMPLETED', 'PENDING', 'FAILED', 'CANCELLED')),
    created_at REAL NOT NULL, changed_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS paypal_leaf (name TEXT PRIMARY KEY, pem TEXT NOT NULL, key_pem TEXT NOT NULL, made_at REAL NOT NULL);
"""
