"""The organisers' door: how a scene goes, what to print, joint orders, and by whose word an organisation is named."""
