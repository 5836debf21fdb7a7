/** The part of the yardstick's rate that each path should reach at least. */
export const AIMS: Readonly<Record<string, number>> = {
  discovery: 0.8,
  jwks: 0.8,
  "share-intake": 0.7,
  token: 0.7,
  notification: 0.7,
  "propfind-1000": 0.8,
  "get-1mib": 0.9,
  "put-1mib": 0.9,
};
