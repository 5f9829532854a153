declare module "phoenix-1.8.8" {
  export * from "phoenix";
}
