"""The workers: the door for what happens after an answer was given.

subscriptions  THE MAP: which job follows which event
jobs           the jobs, five lines each around a room's function
relay          enqueues what is due; runs it here when there is no queue
job_queue      the queue in Redis, when there is one
sweep          asks the silent, expires the overdue
main           one worker process
"""
