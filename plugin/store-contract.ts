/** The contract suite of `Store`, for whoever writes one: see `storeContract`. */
export * from "./model/store-contract.ts";
