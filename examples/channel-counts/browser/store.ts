import { configureStore } from "@reduxjs/toolkit";
import { audienceSlice } from "./audience-slice.ts";

export const store = configureStore({ reducer: { audience: audienceSlice.reducer } });

export type PageState = ReturnType<typeof store.getState>;
