import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** How many people watch the film. The server sends numbers only, so the page knows no identities. */
export interface AudienceState {
  /** `null` until the first counts arrive. */
  readonly numbers: { readonly users: number; readonly viewers: number } | null;
  /** Whether the numbers are current. After the connection is lost they are the last known ones. */
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
