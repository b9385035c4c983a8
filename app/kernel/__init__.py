"""The vocabulary every room shares: mass, money, periods, texts, ids, errors.

Pure Python: no framework, no table, no wire. Import the module you need
(`from app.kernel import mass`) or the name (`from app.kernel.text import Text`).
"""
