"""What all doors share: reading what came, who may do what and how often, and what goes back.

requests     one request as it came: its visit, language, cookies, address, body
security     who may, and how often: guards, sealed forms, limits, repeated keys, signing in
responses    what goes back: pages, problem documents, lists in pieces, the API's description
assembling   all of it put together into the application
middleware, operations, services, wechat_files
"""
