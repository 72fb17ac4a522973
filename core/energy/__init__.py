"""Trefoil: the electricity company's function set, a package for each feature.

Its part of the store:

accounts/ products/ settings/ forecasts/ forecast-runs/           JSON documents
trades/{account}/placed/          trades, by time; trades/{account}/keys/ which trade an idempotency key was given for
incoming/{account}/{name}         dropped files, public
readings/{account}                one Delta Lake table per account, public
ingestions/{account}/             reports, the newest first
rejects/{account}/{id}.csv        every rejected row of an ingestion
exports/{account}/{id}...         exports: documents, and the files that they name
"""
