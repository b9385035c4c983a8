-- Nothing asks the old proposals any more.
DROP FUNCTION credits.check_proposal() CASCADE;
