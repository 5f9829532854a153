import { configureStore } from "@reduxjs/toolkit";
import { audience } from "./audience-slice.ts";

export const store = configureStore({ reducer: { audience: audience.reducer } });

export type State = ReturnType<typeof store.getState>;
