"""What people of finance see and decide about payments, and what channels did without us.

reversing  what a channel did without us: recorded, posted, compared again
parked     what two people decide about a message that fits nothing
lost_time  what a channel says about the refund of money that it took in lost time
looking    payments, refunds and messages as lists with their evidence
"""
