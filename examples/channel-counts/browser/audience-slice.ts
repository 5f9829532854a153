import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** How many watch. Of who they are nothing is kept, as nothing is known. */
export interface AudienceState {
  /** `null` before the first count. */
  readonly numbers: { readonly users: number; readonly viewers: number } | null;
  /** Whether they are of now, or of when the connection was lost. */
  readonly isLive: boolean;
}

const initialState = { numbers: null, isLive: false } as AudienceState;

export const audienceSlice = createSlice({
  name: "audience",
  initialState,
  reducers: {
    counted: (_, { payload }: PayloadAction<NonNullable<AudienceState["numbers"]>>) => ({
      numbers: payload,
      isLive: true,
    }),
    connectionLost: ({ numbers }) => ({ numbers, isLive: false }),
  },
});

export const { counted, connectionLost } = audienceSlice.actions;
