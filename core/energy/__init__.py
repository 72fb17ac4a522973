"""The electricity company's function set: a room for each feature. Its part of the store:

accounts/ products/ settings/ trades/ forecasts/ forecast-runs/   JSON documents
incoming/{account}/{name}         dropped files, public
readings/{account}                one Delta Lake table per account, public
ingestions/{account}/{id}.json    reports
rejects/{account}/{id}.csv.gz     every rejected row of an ingestion
exports/{account}/{id}...         exports: documents, and the files that they name
"""
