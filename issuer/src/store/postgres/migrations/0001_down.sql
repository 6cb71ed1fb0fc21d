-- Nothing stays. The program runs this only where there is no document, no request and no line of the log.

DROP SCHEMA sanad CASCADE;
