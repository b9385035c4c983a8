"""The personal carbon account (个人碳账户) as doors tell it: the calculator, kept figures, three books, where the grams are.

The books (what one emitted, what others counted as avoided, what was retired) stand beside each other. Nothing here takes
one from another.
"""
